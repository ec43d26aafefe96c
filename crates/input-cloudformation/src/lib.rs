//! CloudFormation and Alibaba ROS templates as an input of trustproof
